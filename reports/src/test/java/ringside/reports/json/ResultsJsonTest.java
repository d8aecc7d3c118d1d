package ringside.reports.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.reports.SampleResults;
import ringside.reports.model.Results;

class ResultsJsonTest {
  private final ResultsJson json = new ResultsJson();

  @Test
  void whatIsWrittenIsReadBackAndWrittenAlike() throws ResultsException {
    String text = json.write(SampleResults.complete());
    Results read = json.parse(text, "x.json");
    assertEquals(text, json.write(read));
    assertEquals(SampleResults.complete().withoutMeasurements(), read.withoutMeasurements());
  }

  @Test
  void withoutMeasurementsTheFieldIsAbsentAndStillReads() throws ResultsException {
    String text = json.write(SampleResults.complete().withoutMeasurements());
    assertFalse(text.contains("\"measurements\""));
    assertFalse(json.parse(text, "x.json").measurements() != null);
  }

  @Test
  void fieldsStandInTheOrderOfTheRecord() {
    String text = json.write(SampleResults.complete());
    assertTrue(text.startsWith("{\n  \"schema\": \"ringside.results/1\",\n  \"run\": {"), text);
    assertTrue(text.indexOf("\"workloads\"") < text.indexOf("\"faults\""));
  }

  @Test
  void aFileOfAnotherVersionIsNamedAsSuch() {
    assertMessage(
        "{\"schema\": \"ringside.results/9\"}",
        "x.json: written as \"ringside.results/9\", this version reads \"ringside.results/1\"; "
            + "run the experiment again");
  }

  @Test
  void otherJsonAndOtherTextAreNotResults() {
    assertMessage("[1]", "x.json: no \"schema\" field, so not a results file of ringside");
    assertMessage("", "x.json: no \"schema\" field, so not a results file of ringside");
    assertStartsWith("{\"schema\": ", "x.json: not valid JSON of results: ");
  }

  @Test
  void aMissingFieldIsNamedWithItsPath() {
    String text = json.write(SampleResults.complete()).replaceFirst("\"kernel\": \"[^\"]*\",", "");
    assertMessage(text, "x.json: not valid JSON of results: $.run: field \"kernel\" is missing");
  }

  @Test
  void anUnknownFieldIsNamedWithItsPath() {
    String text =
        json.write(SampleResults.complete()).replaceFirst("\"seed\"", "\"sneed\": 1, \"seed\"");
    assertMessage(text, "x.json: not valid JSON of results: $.run.sneed: unknown field");
  }

  @Test
  void anUnknownOutcomeAndAWrongTypeAreNamedWithTheirPath() {
    String text = json.write(SampleResults.complete());
    assertMessage(
        text.replaceFirst("\"OOPS\"", "\"OUCH\""),
        "x.json: not valid JSON of results: "
            + "$.faults[0].trials[0].outcome: unknown value \"OUCH\"");
    assertStartsWith(
        text.replaceFirst("\"seed\": 7", "\"seed\": \"many\""),
        "x.json: not valid JSON of results: Expected a long but was many");
  }

  @Test
  void aTruncatedFileIsAnErrorAndNotAnEmptyResult(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("results.json");
    String text = json.write(SampleResults.complete());
    Files.writeString(file, text.substring(0, text.length() / 2));
    ResultsException e = assertThrows(ResultsException.class, () -> json.read(file));
    assertTrue(e.getMessage().startsWith(file + ": not valid JSON"), e.getMessage());
  }

  @Test
  void aMissingOrBinaryFileIsAClearError(@TempDir Path directory) throws Exception {
    Path missing = directory.resolve("none.json");
    assertTrue(
        assertThrows(ResultsException.class, () -> json.read(missing))
            .getMessage()
            .contains("no such file"));
    Path binary = Files.write(directory.resolve("b"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertTrue(
        assertThrows(ResultsException.class, () -> json.read(binary))
            .getMessage()
            .contains("not UTF-8"));
  }

  private void assertMessage(String text, String message) {
    assertEquals(
        message,
        assertThrows(ResultsException.class, () -> json.parse(text, "x.json")).getMessage());
  }

  private void assertStartsWith(String text, String start) {
    String message =
        assertThrows(ResultsException.class, () -> json.parse(text, "x.json")).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
