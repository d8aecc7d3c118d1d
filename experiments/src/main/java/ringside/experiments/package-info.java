/**
 * The laboratory: what {@code ringside run}, {@code report} and {@code bench} start.
 *
 * <p>Sub-packages go along the way of a run: {@code catalog} says what there is, {@code build}
 * compiles it, {@code lane} puts it into a kernel, {@code measure} times it, {@code run} joins it
 * all into results.
 */
@NullMarked
package ringside.experiments;

import org.jspecify.annotations.NullMarked;
