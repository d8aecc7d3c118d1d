/**
 * Program contexts: which fields of {@code struct xdp_md}, {@code struct __sk_buff}, … a program
 * may access, and the kernel structs that those accesses are converted to.
 *
 * <p>The verifier asks {@code ContextRules}; nothing here knows the verifier or the engine.
 */
@NullMarked
package ringside.ebpf.context;

import org.jspecify.annotations.NullMarked;
