/**
 * The RV64IMAC processor of the simulated machine: {@link ringside.kernel.cpu.Cpu} on Truffle.
 *
 * <p>Below it stand the instruction set ({@code isa}), what is found in memory ({@code code}), the
 * state between functions ({@code hart}) and what executes them ({@code vm}). It knows the kernel's
 * interfaces, and nothing of modules or files.
 */
@NullMarked
package ringside.rv64;

import org.jspecify.annotations.NullMarked;
