/**
 * A run: which experiments, in which order, with which expectations, into which results.
 *
 * <p>Holds the commands {@code run} and {@code report} too, whose options say what a run is.
 */
@NullMarked
package ringside.experiments.run;

import org.jspecify.annotations.NullMarked;
