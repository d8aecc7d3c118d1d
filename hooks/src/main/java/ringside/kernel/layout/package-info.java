/**
 * Where the fields of kernel structs lie, as the BTF of the C headers says.
 *
 * <p>Offsets only; the objects themselves live in simulated memory and belong to their subsystems.
 */
@NullMarked
package ringside.kernel.layout;

import org.jspecify.annotations.NullMarked;
