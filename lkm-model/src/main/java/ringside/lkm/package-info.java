/**
 * Loadable kernel modules: how they are built, loaded, linked, listed and removed.
 *
 * <p>Here stand only the header trees that C code compiles against; the loader, the build step and
 * the kmod tools have packages of their own. Machine code runs in {@code ringside.rv64}.
 */
@NullMarked
package ringside.lkm;

import org.jspecify.annotations.NullMarked;
