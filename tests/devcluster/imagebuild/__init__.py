"""Container images from ordinary Dockerfiles, without a container engine or a registry.

`recipes` says which images there are, `context` what goes into each (and so its hash),
`machine` where this machine's apt and pip fetch from, `base` makes the Debian root that all
start from, `engine` runs buildah.
"""
