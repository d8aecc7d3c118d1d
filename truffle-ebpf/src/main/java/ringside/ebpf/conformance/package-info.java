/**
 * A machine that runs eBPF and is no kernel: memory, a stack and the engine.
 *
 * <p>For suites that test the instruction set alone. It starts in a fraction of the time that a
 * kernel boots in; verifier, maps and contexts have no place here.
 */
@NullMarked
package ringside.ebpf.conformance;

import org.jspecify.annotations.NullMarked;
