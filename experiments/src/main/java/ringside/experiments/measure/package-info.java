/**
 * How costs are measured: warm-up until steady, then blocks that go round the lanes.
 *
 * <p>Knows passes over events and the wall clock, and nothing of kernels or lanes.
 */
@NullMarked
package ringside.experiments.measure;

import org.jspecify.annotations.NullMarked;
