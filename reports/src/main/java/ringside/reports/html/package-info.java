/**
 * Results as one HTML file that needs nothing else: no request, no script, no font.
 *
 * <p>{@link ringside.reports.html.HtmlReport} is the entry. Each section of the page is one class
 * that reads the results model and writes through {@link ringside.reports.html.Markup}, which
 * escapes whatever it is given; what a figure means is computed in {@code stats}, never here.
 */
@NullMarked
package ringside.reports.html;

import org.jspecify.annotations.NullMarked;
