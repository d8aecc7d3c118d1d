/**
 * The few statistics that results are summarised with.
 *
 * <p>Robust ones, since scheduling noise on a shared machine has a long tail: medians, median
 * absolute deviations, and bootstrap intervals with a fixed seed, so that the same samples always
 * give the same summary.
 */
@NullMarked
package ringside.reports.stats;

import org.jspecify.annotations.NullMarked;
