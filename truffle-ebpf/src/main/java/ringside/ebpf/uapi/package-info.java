/**
 * The system call bpf(2): attributes in user memory, one class for each family of commands, and the
 * descriptors, pins and numbers by which user space holds maps, programs, links and types.
 *
 * <p>Copies, checks and hands on; what a map, a program or a link does is said where it is made.
 * Errors are the kernel's, in the kernel's order.
 */
@NullMarked
package ringside.ebpf.uapi;

import org.jspecify.annotations.NullMarked;
