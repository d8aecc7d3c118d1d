/**
 * The eBPF instruction set: slots, constants, and the table that all other parts read.
 *
 * <p>Pure data. What an instruction does is in {@code ringside.ebpf.vm}; what it may do is for
 * {@code ringside.ebpf.verifier} to say.
 */
@NullMarked
package ringside.ebpf.isa;

import org.jspecify.annotations.NullMarked;
