/**
 * The BTF reader and writer: type kinds 1 to 19 as sealed records, lookups, and the records of
 * {@code .BTF.ext}.
 *
 * <p>The format is that of {@code Documentation/bpf/btf.rst}. Strict: whatever a file claims is
 * checked before it is used. Type matching for CO-RE and the verifier's use of types are the eBPF
 * side's business.
 */
@NullMarked
package ringside.format.btf;

import org.jspecify.annotations.NullMarked;
