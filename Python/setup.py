"""Tags the wheel with its platform: it holds a shared library, but no extension module of a certain Python.

Scripts/python.sh puts the library beside the package before it builds the wheel. The source distribution has none: a
package made from it takes the library that SPARSESTORE_LIBRARY names.
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
