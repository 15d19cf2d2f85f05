import sys

from tests.devcluster.cli import main

sys.exit(main(sys.argv[1:]))
