/* A disk that fails when it is told to, put before the C library of one process (LD_PRELOAD).
 *
 * Calls that write or sync the database or its WAL are counted, and fail while their number lies in the window that the
 * control file names. Beside it a second copy of both files is kept that holds what a disk would hold after a power
 * cut: only what an fsync that succeeded wrote back. After an fsync that failed, what was dirty counts as clean and is
 * never written back unless it is written again, as Linux does it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITES, SYNCS };

/* The test writes and reads this file while we run. */
struct control {
    int64_t calls[2];
    int64_t from[2];
    int64_t until[2];
    int64_t error;
};

struct range {
    off_t at;
    size_t length;
};

/* The database and its WAL. */
struct tracked {
    struct range *dirty;
    size_t count, room;
    int resized;
};

static volatile struct control *control;
static const char *database; /* its real path */
static const char *survivor; /* the path of the copy that survives a power cut */
static struct tracked files[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_CONTROL");
    database = getenv("FAULTS_DATABASE");
    survivor = getenv("FAULTS_SURVIVOR");
    if (!path || !database || !survivor) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) abort();
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) abort();
    control = mapped;
    close(fd);
}

/* 0 for the database, 1 for its WAL, -1 for anything else. */
static int which_path(const char *path) {
    size_t length = strlen(database);
    if (!control || strncmp(path, database, length) != 0) return -1;
    if (path[length] == 0) return 0;
    return strcmp(path + length, "-wal") == 0 ? 1 : -1;
}

static int which(int fd) {
    char link[64], path[4096];
    if (!control) return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    return which_path(path);
}

static void survivor_path(int file, char *path, size_t room) {
    snprintf(path, room, "%s%s", survivor, file ? "-wal" : "");
}

/* Counts a call; whether it fails. */
static int fails(int kind) {
    int64_t number = ++control->calls[kind];
    return control->from[kind] <= number && number < control->until[kind];
}

static void dirtied(int file, off_t at, size_t length) {
    struct tracked *tracked = &files[file];
    if (tracked->count == tracked->room) {
        tracked->room = tracked->room ? 2 * tracked->room : 256;
        tracked->dirty = realloc(tracked->dirty, tracked->room * sizeof *tracked->dirty);
        if (!tracked->dirty) abort();
    }
    tracked->dirty[tracked->count++] = (struct range){at, length};
}

/* Writes back what is dirty. */
static void write_back(int file, int fd) {
    REAL(pwrite);
    char path[4096];
    struct stat stat;
    survivor_path(file, path, sizeof path);
    int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (to < 0) abort();
    struct tracked *tracked = &files[file];
    for (size_t i = 0; i < tracked->count; i++) {
        struct range range = tracked->dirty[i];
        char *bytes = malloc(range.length);
        if (!bytes) abort();
        ssize_t got = pread(fd, bytes, range.length, range.at);
        if (got > 0 && real(to, bytes, got, range.at) != got) abort();
        free(bytes);
    }
    if (tracked->resized && (fstat(fd, &stat) != 0 || truncate(path, stat.st_size) != 0)) abort();
    close(to);
}

static int sync_with(int fd, int (*real)(int)) {
    int file = which(fd);
    if (file < 0) return real(fd);
    pthread_mutex_lock(&lock);
    int failed = fails(SYNCS);
    if (!failed) write_back(file, fd);
    files[file].count = 0;
    files[file].resized = 0;
    pthread_mutex_unlock(&lock);
    if (failed) {
        errno = control->error;
        return -1;
    }
    return 0; /* The copy is what counts; the machine's own disk is spared. */
}

int fsync(int fd) {
    REAL(fsync);
    return sync_with(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return sync_with(fd, real);
}

/* A write that fails leaves half of itself behind, as a disk may. */
static ssize_t pwrite_with(int fd, const void *bytes, size_t length, off_t at,
                           ssize_t (*real)(int, const void *, size_t, off_t)) {
    int file = which(fd);
    if (file < 0) return real(fd, bytes, length, at);
    pthread_mutex_lock(&lock);
    int failed = fails(WRITES);
    ssize_t written = real(fd, bytes, failed ? length / 2 : length, at);
    if (written > 0) dirtied(file, at, written);
    pthread_mutex_unlock(&lock);
    if (failed) {
        errno = control->error;
        return -1;
    }
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    REAL(pwrite);
    return pwrite_with(fd, bytes, length, at, real);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    REAL(pwrite64);
    return pwrite_with(fd, bytes, length, at, real);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    if (which(fd) < 0) return real(fd, bytes, length);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t written = pwrite(fd, bytes, length, at);
    if (written > 0) lseek(fd, at + written, SEEK_SET);
    return written;
}

static int resize_with(int fd, off_t length, int (*real)(int, off_t)) {
    int file = which(fd);
    if (file >= 0) {
        pthread_mutex_lock(&lock);
        files[file].resized = 1;
        pthread_mutex_unlock(&lock);
    }
    return real(fd, length);
}

int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    return resize_with(fd, length, real);
}

int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    return resize_with(fd, length, real);
}

int unlink(const char *path) {
    REAL(unlink);
    int file = which_path(path);
    if (file >= 0) {
        char copy[4096];
        survivor_path(file, copy, sizeof copy);
        real(copy);
    }
    return real(path);
}
