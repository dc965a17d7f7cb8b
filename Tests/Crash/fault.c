// A shim before the C library (LD_PRELOAD) that makes the N-th call that changes a disk fail, or the last one.
//
//   FAULT_FOLDER  only files below this folder count, and the folder itself; ends in a slash
//   FAULT_LOG     count only: append the name of each call to this file
//   FAULT_KIND    what happens at the call FAULT_AT, from 1:
//     before, after          the process stops before or after it
//     torn                   half of the bytes are written, then the process stops
//     short                  half of the bytes are written, and the call says so
//     eio, eio-ever          it fails with EIO, once or from then on
//     enospc, enospc-ever    it fails with ENOSPC, once or from then on
//     power                  the power is cut: of what was not synced, a random part (FAULT_SEED) is on the disk
//     gate                   a sync fails once, and what it should have written never gets to the disk unless it is
//                            written again (the "fsyncgate" of Linux); a name, unless its folder is synced again
//   FAULT_LIE     syncs do nothing and say they did: for the test of the tests
//
// "Stops" is SIGKILL: nothing of the process runs after it. Children are not affected. LMDB's map is read-only here, so nothing is
// written but by these calls; what is mapped in the lock file does not outlive a power cut.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SECTOR = 512, PAGE = 4096 };

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol) abort();
    return symbol;
}

// MARK: What was asked for

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static const char *kind = "";
static long at, calls;
static int log_file = -1;
static uint64_t seed;
static bool lies, records;

static bool is(const char *name) { return strcmp(kind, name) == 0; }

static void stop(void) { raise(SIGKILL); }

static uint64_t random_bits(void) {  // SplitMix64
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

__attribute__((constructor)) static void begin(void) {
    unsetenv("LD_PRELOAD");
    snprintf(folder, sizeof folder, "%s", variable("FAULT_FOLDER"));
    kind = strdup(variable("FAULT_KIND"));
    at = atol(variable("FAULT_AT"));
    seed = strtoull(variable("FAULT_SEED"), NULL, 10);
    lies = *variable("FAULT_LIE");
    records = is("power") || is("gate");
    if (*variable("FAULT_LOG")) {
        log_file = REAL(open)(variable("FAULT_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

static bool is_ours(const char *path) {
    size_t length = strlen(folder);
    if (length == 0) return false;
    return strncmp(path, folder, length) == 0 || (strlen(path) == length - 1 && strncmp(path, folder, length - 1) == 0);
}

// MARK: What a power cut may take back

struct file {
    struct file *next;
    ino_t inode;
    int descriptor;       // our own, for reading and writing
    bool is_lock_file;
    off_t durable_bytes;  // the size at the last sync
};

struct sector {
    struct sector *next;
    struct file *file;
    off_t index;
    bool is_lost;         // a failed sync has given it up
    unsigned char durable[SECTOR];
};

struct name {             // a new name that its folder was not synced with
    struct name *next;    // the newest first
    char path[PATH_MAX];
    char old_path[PATH_MAX];  // empty: it was made, not renamed
    char replaced[PATH_MAX];  // a link to what stood there before, outside of the folder; empty: nothing
};

static struct file *files;
static struct sector *sectors;
static struct name *names;
static bool loses_names;  // a sync of their folder has failed

static struct file *file_of(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
    for (struct file *file = files; file; file = file->next) {
        if (file->inode == status.st_ino) return file;
    }
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    struct file *file = calloc(1, sizeof *file);
    if (!file || length < 0) abort();
    path[length] = 0;
    file->inode = status.st_ino;
    file->descriptor = REAL(open)(link, O_RDWR | O_CLOEXEC);
    file->is_lock_file = length > 5 && strcmp(path + length - 5, "-lock") == 0;
    file->durable_bytes = status.st_size;
    file->next = files;
    files = file;
    return file;
}

static struct sector **find(struct file *file, off_t index) {
    struct sector **place = &sectors;
    while (*place && ((*place)->file != file || (*place)->index != index)) place = &(*place)->next;
    return place;
}

// Called before bytes change.
static void remember(int descriptor, off_t offset, off_t length) {
    struct file *file = file_of(descriptor);
    if (!file || length <= 0) return;
    for (off_t index = offset / SECTOR; index <= (offset + length - 1) / SECTOR; index++) {
        struct sector *known = *find(file, index);
        if (known) {
            known->is_lost = false;
            continue;
        }
        struct sector *sector = calloc(1, sizeof *sector);
        if (!sector) abort();
        sector->file = file;
        sector->index = index;
        if (pread(file->descriptor, sector->durable, SECTOR, index * SECTOR) < 0) abort();
        sector->next = sectors;
        sectors = sector;
    }
}

static void forget(struct file *file, off_t first, off_t last, bool even_lost) {
    for (struct sector **place = &sectors; *place;) {
        struct sector *sector = *place;
        bool is_meant = sector->file == file && sector->index >= first && sector->index <= last;
        if (is_meant && (even_lost || !sector->is_lost)) {
            *place = sector->next;
            free(sector);
        } else {
            place = &sector->next;
        }
    }
}

static void synced(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
        while (names) {
            struct name *name = names;
            names = name->next;
            if (*name->replaced) REAL(unlink)(name->replaced);
            free(name);
        }
        return;
    }
    struct file *file = file_of(descriptor);
    if (!file) return;
    forget(file, 0, LONG_MAX, false);
    file->durable_bytes = status.st_size;
}

// A write through a descriptor that syncs by itself.
static void written(int descriptor, off_t offset, off_t length) {
    if (!(fcntl(descriptor, F_GETFL) & O_DSYNC) || length <= 0) return;
    struct file *file = file_of(descriptor);
    if (!file) return;
    forget(file, offset / SECTOR, (offset + length - 1) / SECTOR, true);
    if (file->durable_bytes < offset + length) file->durable_bytes = offset + length;
}

static void take_back(struct sector *sector) {
    struct stat status;
    if (fstat(sector->file->descriptor, &status) != 0) abort();
    off_t offset = sector->index * SECTOR, length = status.st_size - offset;
    if (length > SECTOR) length = SECTOR;
    if (length > 0) (void)!REAL(pwrite)(sector->file->descriptor, sector->durable, length, offset);
}

static void cut_file(struct file *file) {
    if (file->is_lock_file) {  // a power cut ends all who use it: anything may be left
        switch (random_bits() % 3) {
        case 0: (void)!REAL(ftruncate)(file->descriptor, 0); break;
        case 1: (void)!REAL(ftruncate)(file->descriptor, random_bits() % 70000); break;
        }
        return;
    }
    unsigned how = random_bits() % 4;  // all is lost, all is kept, single sectors or pages are
    uint64_t salt = random_bits();
    off_t end = file->durable_bytes;
    for (struct sector *sector = sectors; sector; sector = sector->next) {
        if (sector->file != file) continue;
        uint64_t unit = how == 2 ? sector->index : sector->index / (PAGE / SECTOR);
        uint64_t mixed = (unit ^ salt) * 0x9E3779B97F4A7C15u;
        bool is_kept = how == 1 || (how >= 2 && (mixed >> 40) % 2);
        if (!is_kept) {
            take_back(sector);
        } else if (end < (sector->index + 1) * SECTOR) {
            end = (sector->index + 1) * SECTOR;
        }
    }
    struct stat status;
    // The new length may be on the disk although the bytes are not: then there are zeros.
    if (fstat(file->descriptor, &status) == 0 && end < status.st_size && random_bits() % 2) {
        (void)!REAL(ftruncate)(file->descriptor, end);
    }
}

static void take_names_back(bool is_random) {
    for (struct name *name = names; name; name = name->next) {
        bool is_kept = is_random && random_bits() % 2;
        if (*name->old_path == 0) {
            if (!is_kept && *name->path) REAL(unlink)(name->path);
            continue;
        }
        // Where a file was replaced, the old one or the new one stands.
        if (is_kept && !*name->replaced) continue;
        for (struct name *older = name->next; older; older = older->next) {
            if (strcmp(older->path, name->path) == 0) strcpy(older->path, is_kept ? "" : name->old_path);
        }
        if (is_kept) continue;
        REAL(rename)(name->path, name->old_path);
        if (*name->replaced) REAL(rename)(name->replaced, name->path);
    }
}

static void cut_power(void) {
    for (struct file *file = files; file; file = file->next) cut_file(file);
    take_names_back(true);
    stop();
}

__attribute__((destructor)) static void end(void) {
    if (!is("gate")) return;
    if (loses_names) take_names_back(false);
    for (struct sector *sector = sectors; sector; sector = sector->next) {
        if (sector->is_lost) take_back(sector);
    }
}

static void named(const char *path, const char *old_path, const char *replaced) {
    struct name *name = calloc(1, sizeof *name);
    if (!name) abort();
    snprintf(name->path, sizeof name->path, "%s", path);
    snprintf(name->old_path, sizeof name->old_path, "%s", old_path);
    snprintf(name->replaced, sizeof name->replaced, "%s", replaced);
    for (struct name *older = names; *old_path && older; older = older->next) {
        if (strcmp(older->path, old_path) == 0) strcpy(older->path, path);
    }
    name->next = names;
    names = name;
}

// MARK: The N-th call

enum verdict { GO_ON, HALF, FAIL };

// Called with the lock held. `is_here` says for the calls behind it whether this was the call.
static enum verdict enter(const char *name, bool *is_here) {
    calls++;
    if (log_file >= 0) {
        char line[64];
        (void)!REAL(write)(log_file, line, snprintf(line, sizeof line, "%s\n", name));
    }
    *is_here = at > 0 && calls == at;
    bool is_ever = strlen(kind) > 5 && strcmp(kind + strlen(kind) - 5, "-ever") == 0;
    if (!*is_here && !(at > 0 && calls > at && is_ever)) return GO_ON;
    if (is("before")) stop();
    if (strncmp(kind, "eio", 3) == 0) return errno = EIO, FAIL;
    if (strncmp(kind, "enospc", 6) == 0 && strcmp(name, "unlink") != 0) return errno = ENOSPC, FAIL;
    return is("torn") || is("short") ? HALF : GO_ON;
}

static void leave(bool is_here) {
    if (is_here && (is("after") || is("torn"))) stop();
    if (is_here && is("power")) cut_power();
}

static bool is_counted(int descriptor) {
    if (descriptor == log_file) return false;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return false;
    path[length] = 0;
    return is_ours(path);
}

#define LOCKED(type, body)            \
    pthread_mutex_lock(&lock);        \
    bool is_here;                     \
    type result = -1;                 \
    body;                             \
    int error = errno;                \
    pthread_mutex_unlock(&lock);      \
    errno = error;                    \
    return result

// MARK: Writing

static ssize_t put(const char *name, int descriptor, const struct iovec *parts, int count, off_t offset) {
    LOCKED(ssize_t, {
        enum verdict verdict = enter(name, &is_here);
        if (verdict != FAIL) {
            struct iovec some[IOV_MAX];
            size_t length = 0;
            for (int i = 0; i < count; i++) length += parts[i].iov_len;
            if (verdict == HALF) length /= 2;
            size_t left = length;
            int used = 0;
            for (; used < count && left > 0; used++) {
                some[used] = parts[used];
                if (some[used].iov_len > left) some[used].iov_len = left;
                left -= some[used].iov_len;
            }
            off_t start = offset >= 0 ? offset : lseek(descriptor, 0, SEEK_CUR);
            if (records) remember(descriptor, start, length);
            result = offset >= 0 ? REAL(pwritev)(descriptor, some, used, offset) : REAL(writev)(descriptor, some, used);
            if (records && !is_here && !lies && result > 0) written(descriptor, start, result);
            leave(is_here);
        }
    });
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    if (!is_counted(descriptor)) return REAL(write)(descriptor, bytes, length);
    struct iovec part = {(void *)bytes, length};
    return put("write", descriptor, &part, 1, -1);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (!is_counted(descriptor)) return REAL(writev)(descriptor, parts, count);
    return put("write", descriptor, parts, count, -1);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    if (!is_counted(descriptor)) return REAL(pwrite)(descriptor, bytes, length, offset);
    struct iovec part = {(void *)bytes, length};
    return put("write", descriptor, &part, 1, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    if (!is_counted(descriptor)) return REAL(pwritev)(descriptor, parts, count, offset);
    return put("write", descriptor, parts, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset) {
    return pwrite(descriptor, bytes, length, offset);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off_t offset) {
    return pwritev(descriptor, parts, count, offset);
}

int ftruncate(int descriptor, off_t length) {
    if (!is_counted(descriptor)) return REAL(ftruncate)(descriptor, length);
    LOCKED(int, {
        if (enter("ftruncate", &is_here) != FAIL) {
            struct stat status;
            if (records && fstat(descriptor, &status) == 0) remember(descriptor, length, status.st_size - length);
            result = REAL(ftruncate)(descriptor, length);
            leave(is_here);
        }
    });
}

int ftruncate64(int descriptor, off_t length) { return ftruncate(descriptor, length); }

// MARK: Syncing

static int sync_file(const char *name, int descriptor) {
    LOCKED(int, {
        enum verdict verdict = enter(name, &is_here);
        if (is_here && is("power")) cut_power();
        if (is_here && is("gate")) {
            struct file *file = file_of(descriptor);
            loses_names = !file;
            for (struct sector *sector = sectors; sector; sector = sector->next) {
                sector->is_lost |= sector->file == file;
            }
            errno = EIO;
        } else if (verdict != FAIL) {
            result = lies ? 0 : REAL(fsync)(descriptor);
            if (records && !lies && result == 0) synced(descriptor);
            leave(is_here);
        }
    });
}

int fsync(int descriptor) {
    return is_counted(descriptor) ? sync_file("fsync", descriptor) : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    return is_counted(descriptor) ? sync_file("fdatasync", descriptor) : REAL(fdatasync)(descriptor);
}

// MARK: Names

static int make(const char *path, int flags, mode_t mode) {
    LOCKED(int, {
        bool is_new = access(path, F_OK) != 0;
        // Opening what is there takes no space.
        if (enter("open", &is_here) != FAIL || (errno == ENOSPC && !is_new)) {
            result = REAL(open)(path, flags, mode);
            if (records && is_new && result >= 0) named(path, "", "");
            leave(is_here);
        }
    });
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return flags & O_CREAT && is_ours(path) ? make(path, flags, mode) : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open(path, flags, mode);
}

static int move(const char *old_path, const char *path, unsigned flags) {
    LOCKED(int, {
        if (enter("rename", &is_here) != FAIL) {
            char replaced[PATH_MAX] = "";
            if (records && access(path, F_OK) == 0) {
                snprintf(replaced, sizeof replaced, "%.*s.replaced-%ld", (int)strlen(folder) - 1, folder, calls);
                if (link(path, replaced) != 0) abort();
            }
            result = REAL(renameat2)(AT_FDCWD, old_path, AT_FDCWD, path, flags);
            if (records && result == 0) named(path, old_path, replaced);
            leave(is_here);
        }
    });
}

int rename(const char *old_path, const char *path) {
    return is_ours(path) ? move(old_path, path, 0) : REAL(rename)(old_path, path);
}

// A file without a name gets one.
int linkat(int old_folder, const char *old_path, int new_folder, const char *path, int flags) {
    if (!is_ours(path)) return REAL(linkat)(old_folder, old_path, new_folder, path, flags);
    LOCKED(int, {
        if (enter("link", &is_here) != FAIL) {
            result = REAL(linkat)(old_folder, old_path, new_folder, path, flags);
            if (records && result == 0) named(path, "", "");
            leave(is_here);
        }
    });
}

int unlink(const char *path) {
    if (!is_ours(path)) return REAL(unlink)(path);
    LOCKED(int, {
        if (enter("unlink", &is_here) != FAIL) {
            result = REAL(unlink)(path);
            leave(is_here);
        }
    });
}

// The engine renames by number: Swift's module for the C library lacks renameat2.
long syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long values[6];
    for (int i = 0; i < 6; i++) values[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_renameat2 && is_ours((const char *)values[3])) {
        return move((const char *)values[1], (const char *)values[3], values[4]);
    }
    return REAL(syscall)(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}
