package ringside.ebpf.vm;

/**
 * Where the arena of a program lies.
 *
 * @param kernelStart what the low half of an arena pointer is added to for the kernel's address of
 *     the same byte
 * @param userStart where user space has mapped it; its upper half makes a user pointer of a low
 *     half
 */
public record Arena(long kernelStart, long userStart) {}
