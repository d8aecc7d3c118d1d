/**
 * CO-RE, "compile once, run everywhere": adapts instructions to the types of the running kernel.
 *
 * <p>After libbpf's {@code relo_core.c}, which the kernel shares: candidate search, compatibility
 * of types, the value of each kind of relocation, and the poison that an unresolved one becomes.
 * Knows types and instructions, but neither ELF files nor what the program is for.
 */
@NullMarked
package ringside.ebpf.core;

import org.jspecify.annotations.NullMarked;
