/**
 * The simulated kernel as a whole: how it is configured, booted and composed of its subsystems.
 *
 * <p>Nothing below this package may depend on it; contestants and experiments do.
 */
@NullMarked
package ringside.kernel;

import org.jspecify.annotations.NullMarked;
