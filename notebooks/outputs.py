"""Checks an executed lesson, and on request writes it back in a form that changes only when its results do.

Used by notebooks/run: outputs.py EXECUTED LESSON true|false FORBIDDEN-PATH ...
"""
import json
import sys

executed, lesson, save, *forbidden = sys.argv[1:]
with open(executed, encoding="utf-8") as file:
    notebook = json.load(file)

cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
outputs = [output for cell in cells for output in cell["outputs"]]
pictures = [output for output in outputs if "image/png" in output.get("data", {})]
noise = ["".join(o["text"]) for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"]


def require(condition, message):
    if not condition:
        sys.exit(f"{lesson}: {message}")


require(all(cell["execution_count"] for cell in cells), "a cell was not executed")
require(pictures, "no cell produced a picture")
require(any(o["output_type"] in ("stream", "execute_result") for o in outputs), "no cell produced a text")
require(not noise, f"something was written to stderr: {noise[:1]}")
# Not in pictures, which are in base64 and may have any short text by chance.
texts = json.dumps([{**o, "data": {k: v for k, v in o.get("data", {}).items() if k != "image/png"}} for o in outputs])
for path in forbidden:
    require(len(path) < 2 or path not in texts, f"an output names {path}, which is different on every machine")

if save == "true":
    for number, cell in enumerate(notebook["cells"], 1):
        cell["id"] = f"cell-{number:02d}"
        cell["metadata"] = {}
        # Written by different threads, neighbors of one kind may come in one piece or in several.
        merged = []
        for output in cell.get("outputs", []):
            last = merged[-1] if merged else None
            if last and output["output_type"] == last["output_type"] == "stream" and output["name"] == last["name"]:
                last["text"] = "".join(last["text"] + output["text"]).splitlines(keepends=True)
            else:
                merged.append(output)
        if cell["cell_type"] == "code":
            cell["outputs"] = merged
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Java (Lockstep)", "language": "java", "name": "lockstep-java"},
        "language_info": {
            "codemirror_mode": "text/x-java",
            "file_extension": ".jshell",
            "mimetype": "text/x-java-source",
            "name": "java",
            "pygments_lexer": "java",
        },
    }
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    with open(lesson, "w", encoding="utf-8") as file:
        json.dump(notebook, file, indent=1, ensure_ascii=False, sort_keys=True)
        file.write("\n")
