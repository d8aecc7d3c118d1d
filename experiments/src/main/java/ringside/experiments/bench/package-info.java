/**
 * Benchmarks under JMH: each workload and lane in a JVM of its own, in rounds that go over the
 * lanes.
 *
 * <p>What is measured is made by {@code lane}; this package adds nothing to it but the harness.
 * Quick measurements inside one run are {@code measure}'s.
 */
@NullMarked
package ringside.experiments.bench;

import org.jspecify.annotations.NullMarked;
