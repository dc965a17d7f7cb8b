"""Tags the wheel with its platform, because it contains a shared library but no extension module for one Python
version.

Scripts/python.sh copies the library into the package before it builds the wheel. The source distribution has no
library; a package that is built from it uses the library that SPARSESTORE_LIBRARY names.
"""

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class LibraryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(cmdclass={"bdist_wheel": PlatformWheel}, distclass=LibraryDistribution)
