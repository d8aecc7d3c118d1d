/**
 * The lifetime of what bpf(2) makes: counted references and numbers to list things by.
 *
 * <p>Maps, programs, links and BTF objects live as long as a descriptor, a pin or another object
 * refers to them. Knows none of them.
 */
@NullMarked
package ringside.ebpf.refcount;

import org.jspecify.annotations.NullMarked;
