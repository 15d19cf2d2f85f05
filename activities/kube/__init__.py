"""Everything this operator does with Kubernetes objects: one thin client and the steps over it."""
