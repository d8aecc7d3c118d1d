/**
 * What readers of foreign files share: the exception that names what is wrong, where, and what to
 * do.
 *
 * <p>One sub-package a format; none of them knows the kernel or what a file is for.
 */
@NullMarked
package ringside.format;

import org.jspecify.annotations.NullMarked;
