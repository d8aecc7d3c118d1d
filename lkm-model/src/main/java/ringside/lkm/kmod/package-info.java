/**
 * The kmod tools: {@code insmod}, {@code rmmod}, {@code lsmod}, {@code modinfo}, {@code modprobe}.
 *
 * <p>What they do in Ring 3 and say there; output, diagnostics and exit status are kmod's. The
 * kernel's part is {@code ringside.lkm.loader}.
 */
@NullMarked
package ringside.lkm.kmod;

import org.jspecify.annotations.NullMarked;
