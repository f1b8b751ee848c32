package dev.lockstep.driver.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.CheckSettings.Limits;
import dev.lockstep.driver.config.CheckSettings.Severity;
import java.util.Arrays;
import java.util.List;

/** The {@code retraining.checks} block: reads it and writes it. */
final class CheckBlock {
  private static final String OFF = Severity.OFF.key();
  private static final String WARN = Severity.WARN.key();
  private static final String FAIL = Severity.FAIL.key();
  private static final List<String> SEVERITIES =
      Arrays.stream(Severity.values()).map(Severity::key).toList();
  private static final Names SEVERITY_NAMES = Names.of("choice", SEVERITIES, SEVERITIES);
  private static final NumberRange AT_LEAST_ZERO = orOff(NumberRange.NOT_NEGATIVE);
  private static final NumberRange SHARE = orOff(NumberRange.ZERO_TO_ONE);

  private CheckBlock() {}

  private static NumberRange orOff(NumberRange range) {
    return new NumberRange(
        range.low(),
        range.lowIncluded(),
        range.high(),
        range.highIncluded(),
        range.text() + ", or " + OFF);
  }

  static CheckSettings read(Block block) {
    CheckSettings otherwise = CheckSettings.DEFAULT;
    CheckSettings settings =
        new CheckSettings(
            severity(block, "schema", otherwise.schema()),
            least(block, "rowCount", otherwise.rowCount()),
            least(block, "rowRatio", otherwise.rowRatio()),
            most(block, "missing", SHARE, otherwise.missing()),
            most(block, "missingIncrease", SHARE, otherwise.missingIncrease()),
            most(block, "labelShare", SHARE, otherwise.labelShare()),
            most(block, "psi", AT_LEAST_ZERO, otherwise.psi()));
    block.finish();
    return settings;
  }

  private static Severity severity(Block block, String key, Severity otherwise) {
    String name = block.name(key, SEVERITY_NAMES);
    for (Severity severity : Severity.values()) {
      if (severity.key().equals(name)) {
        return severity;
      }
    }
    return otherwise;
  }

  /** Limits that a value must not fall below. */
  private static Limits least(Block checks, String key, Limits otherwise) {
    Limits limits = limits(checks, key, AT_LEAST_ZERO, otherwise);
    if (isBoth(limits) && limits.fail() > limits.warn()) {
      refuse(checks, key, limits, "above", "at least");
    }
    return limits;
  }

  /** Limits that a value must not exceed. */
  private static Limits most(Block checks, String key, NumberRange range, Limits otherwise) {
    Limits limits = limits(checks, key, range, otherwise);
    if (isBoth(limits) && limits.fail() < limits.warn()) {
      refuse(checks, key, limits, "below", "at most");
    }
    return limits;
  }

  private static boolean isBoth(Limits limits) {
    return limits.warn() != null && limits.fail() != null;
  }

  private static void refuse(
      Block checks, String key, Limits limits, String place, String relation) {
    checks
        .reading()
        .problems()
        .add(
            checks.pathOf(key),
            checks.written(key),
            FAIL
                + " is "
                + limits.fail()
                + ", "
                + place
                + " "
                + WARN
                + ", which is "
                + limits.warn()
                + "; "
                + WARN
                + " must be "
                + relation
                + " "
                + FAIL
                + ", or one of them "
                + OFF);
  }

  private static Limits limits(Block checks, String key, NumberRange range, Limits otherwise) {
    Value value = checks.find(key);
    if (value == null) {
      return otherwise;
    }
    if (isOff(value)) {
      return Limits.OFF;
    }
    if (!(value instanceof Value.Mapping)) {
      checks.reading().wrong(checks.pathOf(key), value, "a block of warn and fail, or " + OFF);
      return otherwise;
    }
    Block block = checks.block(key);
    Limits limits =
        new Limits(
            limit(block, WARN, range, otherwise.warn()),
            limit(block, FAIL, range, otherwise.fail()));
    block.finish();
    return limits;
  }

  private static Double limit(Block block, String key, NumberRange range, Double otherwise) {
    Value value = block.find(key);
    if (value == null) {
      return otherwise;
    }
    return isOff(value)
        ? null
        : Double.valueOf(block.reading().number(block.pathOf(key), value, range, otherwise));
  }

  private static boolean isOff(Value value) {
    return value instanceof Value.Scalar scalar && OFF.equals(scalar.text());
  }

  /** Puts every key, in the order of the manual. */
  static void write(CheckSettings checks, ObjectNode target) {
    target.put("schema", checks.schema().key());
    write(checks.rowCount(), target.putObject("rowCount"));
    write(checks.rowRatio(), target.putObject("rowRatio"));
    write(checks.missing(), target.putObject("missing"));
    write(checks.missingIncrease(), target.putObject("missingIncrease"));
    write(checks.labelShare(), target.putObject("labelShare"));
    write(checks.psi(), target.putObject("psi"));
  }

  private static void write(Limits limits, ObjectNode target) {
    write(WARN, limits.warn(), target);
    write(FAIL, limits.fail(), target);
  }

  private static void write(String key, Double limit, ObjectNode target) {
    if (limit == null) {
      target.put(key, OFF);
    } else {
      target.put(key, limit);
    }
  }
}
