/**
 * Results of experiments: model, JSON, statistics, HTML and terminal text.
 *
 * <p>Imports nothing of the kernel or of the contestants, so results can be read and rendered
 * without them.
 */
@NullMarked
package ringside.reports;

import org.jspecify.annotations.NullMarked;
