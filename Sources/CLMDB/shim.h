#ifndef SPARSESTORE_CLMDB_SHIM_H
#define SPARSESTORE_CLMDB_SHIM_H

#include <lmdb.h>

#include <errno.h>
#if defined(__linux__)
// Include as little as possible, and declare one function here: <fcntl.h> or <unistd.h> would move the C library's
// types into this module, and hide them from files that only import the C library.
#include <sys/statfs.h>
#include <sys/syscall.h>
extern long syscall(long number, ...);
#elif defined(__APPLE__)
#include <stdio.h>
#endif

// A rename that fails with EEXIST instead of replacing an existing target. The C libraries spell it differently, and
// Swift's module for glibc does not include it. ENOSYS or EINVAL means: use link and unlink.
static inline int clmdb_rename_without_replacing(const char *source, const char *target) {
#if defined(__linux__) && defined(SYS_renameat2)
    const int working_folder = -100;  // AT_FDCWD
    const unsigned no_replace = 1;    // RENAME_NOREPLACE
    return (int)syscall(SYS_renameat2, working_folder, source, working_folder, target, no_replace);
#elif defined(__APPLE__)
    return renamex_np(source, target, RENAME_EXCL);
#else
    (void)source;
    (void)target;
    errno = ENOSYS;
    return -1;
#endif
}

#if defined(__linux__)
// Commands of fcntl(2) for locks of an open file description, which <fcntl.h> only declares for GNU sources.
static const int clmdb_ofd_getlk = 36;
static const int clmdb_ofd_setlk = 37;

// Reserves blocks for the first bytes of a file without changing its size: fallocate(2), which glibc only declares for
// GNU sources. Returns 0, or -1 with errno set.
static inline int clmdb_reserve(int descriptor, long bytes) {
    const int keep_size = 1;  // FALLOC_FL_KEEP_SIZE
    return (int)syscall(SYS_fallocate, descriptor, keep_size, 0L, bytes);
}

// The flag of open(2) for a file without a name (O_TMPFILE without O_DIRECTORY).
static const int clmdb_unnamed = 020000000;

// Returns the type of the file system of a path (f_type), or 0 with errno set.
static inline unsigned clmdb_filesystem_magic(const char *path) {
    struct statfs volume;
    return statfs(path, &volume) == 0 ? (unsigned)volume.f_type : 0u;
}
#endif

#endif
