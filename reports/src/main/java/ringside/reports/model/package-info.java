/**
 * What one run found out, as plain records: the content of {@code results.json}.
 *
 * <p>Records only, no behaviour beyond their invariants. Everything that depends on the wall clock
 * or on the machine stands in {@link ringside.reports.model.Measurements} and nowhere else, so that
 * the rest is a function of the seed. A change that an older reader would misunderstand raises the
 * number in {@link ringside.reports.model.Results#SCHEMA}.
 */
@NullMarked
package ringside.reports.model;

import org.jspecify.annotations.NullMarked;
