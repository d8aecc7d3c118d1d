package ringside.reports.model;

/**
 * A figure with its spread.
 *
 * @param median of the samples
 * @param mad median absolute deviation from the median, unscaled
 * @param low lower end of the 95 % confidence interval of the median
 * @param high upper end of it
 * @param n how many samples
 */
public record Estimate(double median, double mad, double low, double high, int n) {}
