/**
 * Tests of the project as a whole: the architecture's rules, what is in the repository, the
 * launcher.
 *
 * <p>They live in the module that sees all the others.
 */
@NullMarked
package ringside.build;

import org.jspecify.annotations.NullMarked;
