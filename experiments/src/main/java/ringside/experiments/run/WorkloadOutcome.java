package ringside.experiments.run;

import java.util.List;
import ringside.reports.model.Expectation;
import ringside.reports.model.Timing;
import ringside.reports.model.WorkloadResult;

/**
 * What running a workload gave.
 *
 * @param timings empty where nothing was to be measured
 */
record WorkloadOutcome(
    WorkloadResult result, List<Timing> timings, List<Expectation> expectations) {}
