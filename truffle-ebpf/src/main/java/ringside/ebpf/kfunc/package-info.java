/**
 * Kernel functions that programs may call by BTF id: their declarations and what the verifier and
 * the engine look up in them.
 *
 * <p>A kfunc's prototype is not declared here: it is the {@code FUNC_PROTO} of that name in the
 * kernel's BTF, so it comes from a C prototype in a header of the kernel. What a kfunc does lives
 * with the part of the kernel that it works on.
 */
@NullMarked
package ringside.ebpf.kfunc;

import org.jspecify.annotations.NullMarked;
