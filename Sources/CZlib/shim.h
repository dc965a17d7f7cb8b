#ifndef SPARSESTORE_CZLIB_SHIM_H
#define SPARSESTORE_CZLIB_SHIM_H
#include <zlib.h>
#endif
