/* A program that does nothing, small enough to be pulled anywhere in a moment.
 *
 *   noop --install PATH   copies itself to PATH (mode 0555, replacing what is there), exit 0; 1 when it could not
 *   noop [anything else]  exit 0 at once
 *
 * No libc: it runs in images that hold nothing, reads no environment and loads no library, so that nothing
 * an image brings along can change what it does.
 */

enum { STDERR = 2, READ_ONLY = 0, CREATE_EXCLUSIVELY = 01 | 0100 | 0200 /* O_WRONLY|O_CREAT|O_EXCL */, AT_CWD = -100 };
enum { ANYONE_MAY_RUN = 0555, NO_SUCH_FILE = 2 };

#if defined(__x86_64__)

enum { SYS_READ = 0, SYS_WRITE = 1, SYS_CLOSE = 3, SYS_FCHMOD = 91, SYS_EXIT = 231, SYS_OPENAT = 257, SYS_UNLINKAT = 263 };

__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");

static long call(long number, long a, long b, long c, long d) {
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

enum { SYS_UNLINKAT = 35, SYS_FCHMOD = 52, SYS_OPENAT = 56, SYS_CLOSE = 57, SYS_READ = 63, SYS_WRITE = 64, SYS_EXIT = 94 };

__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  bl begin\n");

static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}

#else
#error "noop is written for x86_64 and aarch64"
#endif

static char buffer[16384];

static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static void say(const char *text) {
    long length = 0;
    while (text[length]) length++;
    call(SYS_WRITE, STDERR, (long)text, length, 0);
}

static int failed(const char *what, const char *path) {
    say("noop: cannot ");
    say(what);
    say(" ");
    say(path);
    say("\n");
    return 1;
}

static int copy(long from, long to) {
    long size;
    while ((size = call(SYS_READ, from, (long)buffer, sizeof buffer, 0)) > 0)
        for (long done = 0, written; done < size; done += written)
            if ((written = call(SYS_WRITE, to, (long)buffer + done, size - done, 0)) <= 0) return 0;
    return size == 0;
}

static int install(const char *path) {
    const char *self = "/proc/self/exe";
    long from = call(SYS_OPENAT, AT_CWD, (long)self, READ_ONLY, 0);
    if (from < 0) return failed("read", self);

    /* An init container may run twice, and its first copy can not be written to: it is replaced. */
    long removed = call(SYS_UNLINKAT, AT_CWD, (long)path, 0, 0);
    if (removed < 0 && removed != -NO_SUCH_FILE) return failed("replace", path);

    long to = call(SYS_OPENAT, AT_CWD, (long)path, CREATE_EXCLUSIVELY, ANYONE_MAY_RUN);
    if (to < 0) return failed("create", path);
    if (!copy(from, to)) return failed("write", path);
    if (call(SYS_FCHMOD, to, ANYONE_MAY_RUN, 0, 0) < 0) return failed("make executable", path); /* whatever the umask */
    return call(SYS_CLOSE, to, 0, 0, 0) < 0 ? failed("write", path) : 0;
}

/* The kernel's first stack: the number of arguments, then the arguments. */
__attribute__((noreturn, used)) void begin(long *stack) {
    char **arguments = (char **)(stack + 1);
    int status = stack[0] == 3 && same(arguments[1], "--install") ? install(arguments[2]) : 0;
    for (;;) call(SYS_EXIT, status, 0, 0, 0);
}
