"""Retrains a model with Lockstep every night.

Put this file into Airflow's DAG folder, on workers that have Lockstep's archive in /opt/lockstep and, for a cluster such as
YARN, a Spark and the cluster's settings, which ENVIRONMENT below names.

The launcher is started as a process rather than through SparkSubmitOperator, which tells only whether spark-submit
failed: Lockstep's exit codes say what to do next, and a task that is stopped can end its step and write a checkpoint.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

LAUNCHER = "/opt/lockstep/bin/lockstep"
CONFIG = "/etc/lockstep/churn.yaml"
# One folder for each run date, where every worker finds it: a task that is tried again may be on another one.
# KEEP_RUNS of them stay.
RUNS = "hdfs:///runs/churn"
KEEP_RUNS = 30
# Where it trains, and anything else for the launcher. Empty: on the worker itself.
OPTIONS = ["--master", "yarn", "--conf", "spark.executor.instances=4"]
# A Spark with a client for YARN, and where it finds the cluster. Without SPARK_HOME the one in the archive with Spark does
# the work: on the worker itself, or on clusters other than YARN.
ENVIRONMENT = {"SPARK_HOME": "/opt/spark", "HADOOP_CONF_DIR": "/etc/hadoop/conf"}

# After SIGTERM: the step at hand, a checkpoint, the summary. Airflow's own limit, killed_task_cleanup_time (60 seconds),
# should be longer.
SECONDS_TO_END = 50

NOT_BETTER = 5
# The same again would end the same: configuration, data, divergence.
FINAL = {
    2: "the configuration or the command is wrong",
    3: "the data cannot be trained on",
    4: "training diverged",
}


def run_to_its_end(command: list[str]) -> int:
    """Runs a command and returns its exit code; ends it in good order when Airflow ends this task."""
    # In a process group of its own: Airflow signals the task's whole group, and this function the process once more.
    process = subprocess.Popen(command, env={**os.environ, **ENVIRONMENT}, start_new_session=True)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def retrain_for(run_date: str) -> str:
    """Retrains for one day and tells Airflow how that ended."""
    output = f"{RUNS}/{run_date}"
    # --resume: an attempt that was lost goes on from its last checkpoint, and a day that was decided stays so.
    command = [LAUNCHER, "retrain", CONFIG, "--run-date", run_date, "--output", output, "--resume", "--no-progress"]
    code = run_to_its_end([*command, "--set", f"retraining.keepRuns={KEEP_RUNS}", *OPTIONS])
    if code == NOT_BETTER:
        raise AirflowSkipException("the new model is not better; the champion stays")
    if code in FINAL:
        raise AirflowFailException(f"{FINAL[code]} (exit code {code}); see the log above")
    if code != 0:
        raise AirflowException(f"exit code {code}; another attempt goes on from the last checkpoint")
    return output


@dag(
    dag_id="lockstep_retrain",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    # Days before this DAG was switched on are not trained for; start them by hand where they matter.
    catchup=False,
    # A night that takes longer than a day holds the next one up rather than meeting it.
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=8),
        # Replace by what your people read, or leave to Airflow's own notifications.
        "email": ["ml-operations@example.com"],
        "email_on_failure": True,
        "email_on_retry": False,
    },
    tags=["lockstep"],
)
def lockstep_retrain():
    """One task; what uses the model comes after it and runs only where a new one was published."""

    @task
    def retrain(run_date):
        return retrain_for(run_date)

    # The day before that of its schedule, which has only just begun: the last day whose data are complete. The same day in
    # Airflow 2 and 3, unlike "ds" and data_interval_start: in Airflow 3 an interval ends when it starts.
    retrain("{{ macros.ds_add(data_interval_end | ds, -1) }}")


lockstep_retrain()
