/** Results as aligned text for a terminal. */
@NullMarked
package ringside.reports.text;

import org.jspecify.annotations.NullMarked;
