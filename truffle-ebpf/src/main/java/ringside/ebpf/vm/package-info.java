/**
 * The eBPF engine on Truffle: predecoding, the dispatch loop, calls, and the language {@code ebpf}.
 *
 * <p>Runs what it is given; whether a program is safe was the verifier's to decide.
 */
@NullMarked
package ringside.ebpf.vm;

import org.jspecify.annotations.NullMarked;
