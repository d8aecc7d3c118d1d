/**
 * The verifier: decides whether a program is safe to run, and rewrites it for the engine.
 *
 * <p>One entry, {@code verify(VerifierInput)} to {@link ringside.ebpf.verifier.VerifierResult}. It
 * reads the instruction table, helper prototypes, map descriptors and context rules, and knows
 * neither the engine nor the kernel.
 */
@NullMarked
package ringside.ebpf.verifier;

import org.jspecify.annotations.NullMarked;
