/**
 * What turns a module's objects into a loadable {@code .ko}: the part of kbuild that comes after
 * the compiler.
 *
 * <p>Runs outside of any kernel; the loader checks what this writes.
 */
@NullMarked
package ringside.lkm.build;

import org.jspecify.annotations.NullMarked;
