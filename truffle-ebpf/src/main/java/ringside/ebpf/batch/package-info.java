/**
 * The {@code prog batch} protocol: one JSON request a line in, one JSON answer a line out.
 *
 * <p>Made so that the answers of two implementations can be compared line by line.
 */
@NullMarked
package ringside.ebpf.batch;

import org.jspecify.annotations.NullMarked;
