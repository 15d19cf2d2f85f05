"""Pure builders: from a cluster's resource and the operator's configuration to its objects.

One file per kind; nothing here talks to Kubernetes. What is built for a given input is equal to
what Zalando's operator builds, because clusters are taken over while they run: a StatefulSet whose
pod template differed by a byte would restart every pod. `docs/differences.md` lists the exceptions.
"""
