package ringside.reports.model;

/**
 * A C file of an experiment, whole, so that a report needs nothing beside it.
 *
 * @param name without directory, e.g. {@code core.h}
 * @param text its content
 */
public record SourceFile(String name, String text) {}
