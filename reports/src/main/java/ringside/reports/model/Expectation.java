package ringside.reports.model;

/**
 * Something that had to come true.
 *
 * @param experiment whose expectation it is
 * @param what in a sentence
 * @param held whether it came true
 * @param detail what was found instead, or a figure that proves it
 */
public record Expectation(String experiment, String what, boolean held, String detail) {}
