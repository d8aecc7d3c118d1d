/**
 * The C compiler: finds clang and lld, unpacks the ones that came from Maven, and compiles for the
 * three targets.
 *
 * <p>Knows flags and files only. What a module or an eBPF object means is its loader's business;
 * each module of the project contributes its C headers through {@link
 * ringside.toolchain.HeaderRoot}.
 */
@NullMarked
package ringside.toolchain;

import org.jspecify.annotations.NullMarked;
