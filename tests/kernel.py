"""The notebooks' kernel as a front end sees it: every message, every way for a cell to fail, and what a hostile cell does.

Run by tests/kernel.rs with the notebooks' Python environment, in the notebooks' folder. Each test says one sentence that the
documentation of the kernel says as well.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import nbformat
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NAME = "autogo-rust"
PATIENCE = 900


class Outcome:
    """What a cell did: its reply, and the messages on the output channel with their times."""

    def __init__(self, reply, messages):
        self.reply = reply
        self.messages = messages

    @property
    def status(self):
        return self.reply["content"]["status"]

    def of(self, kind):
        return [message["content"] for _, message in self.messages if message["msg_type"] == kind]

    def text(self, name="stdout"):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def value(self):
        results = self.of("execute_result")
        return results[-1]["data"].get("text/plain") if results else None

    @property
    def error(self):
        errors = self.of("error")
        return errors[0] if errors else None


class Kernel:
    def __init__(self, name=NAME):
        self.manager, self.client = start_new_kernel(kernel_name=name, startup_timeout=PATIENCE)

    def send(self, code, **options):
        return self.client.execute(code, **options)

    def finish(self, request, patience=PATIENCE):
        messages = []
        end = time.monotonic() + patience
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            messages.append((time.monotonic(), message))
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=patience)
            if reply["parent_header"].get("msg_id") == request:
                return Outcome(reply, messages)

    def run(self, code, patience=PATIENCE, **options):
        return self.finish(self.send(code, **options), patience)

    def ask(self, request, kind):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == request:
                assert reply["msg_type"] == kind, reply["msg_type"]
                return reply["content"]

    def message(self, kind, content, metadata=None, channel="shell"):
        """Sends a message as it is and returns its id."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        {"shell": self.client.shell_channel, "control": self.client.control_channel}[channel].send(message)
        return message["header"]["msg_id"]

    def answer_on_control(self, request):
        while True:
            reply = self.client.get_control_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == request:
                return reply

    def heard(self, kind):
        """The next message of a kind on the output channel."""
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == kind:
                return message["content"]

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


class Shared(unittest.TestCase):
    """Tests that leave the kernel as it was."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def ok(self, code, **options):
        outcome = self.kernel.run(code, **options)
        self.assertEqual(outcome.status, "ok", outcome.error)
        return outcome

    def fails(self, code, **options):
        outcome = self.kernel.run(code, **options)
        self.assertEqual(outcome.status, "error", [m for _, m in outcome.messages])
        self.assertEqual(outcome.reply["content"]["ename"], outcome.error["ename"])
        return outcome.error

    def test_a_value_is_shown_and_a_unit_value_is_not(self):
        self.assertEqual(self.ok("6 * 7").value, "42")
        self.assertEqual(self.ok("let answer = 42; answer").value, "42")
        outcome = self.ok("for i in 0..2 { print!(\"{i}\"); }")
        self.assertEqual((outcome.value, outcome.text()), (None, "01"))

    def test_a_value_keeps_its_display_when_the_cell_takes_a_variable_for_it(self):
        self.ok("let moved = Page::new(\"one\"); let stays = 1;")
        self.assertIn("text/html", self.ok("moved.text(\"two\")").of("execute_result")[-1]["data"])
        self.assertIn("E0425", self.fails("moved.html()")["ename"])
        # A value without a display method is printed, also when a variable goes with it.
        self.ok("let words = vec![\"a\", \"b\"];")
        self.assertEqual(self.ok("words.into_iter().rev().collect::<Vec<_>>()").value, "[\"b\", \"a\"]")
        self.assertEqual(self.ok("stays").value, "1")

    def test_a_display_method_that_cannot_be_called_is_an_error(self):
        self.ok("#[derive(Debug)] struct Shy; impl Shy { fn evcxr_display(&mut self) {} }")
        self.ok("let shy = Shy;")
        error = self.fails("let other = 1;\nshy")
        self.assertIn("E0596", error["ename"])
        self.assertIn("line 2: `shy`", error["evalue"])

    def test_a_compile_error_is_an_error_with_the_users_line(self):
        error = self.fails("let first = 1;\nlet wrong: u8 = \"text\";")
        self.assertIn("E0308", error["ename"])
        self.assertIn("line 2: `let wrong: u8 = \"text\";`", error["evalue"])
        self.assertIn("cell, line 2", "\n".join(error["traceback"]))
        # Also where the cell is not ASCII, and where a name is unknown.
        self.assertIn("line 2", self.fails("// é\nunknown_name();")["evalue"])
        # In the last expression, whose value would be shown; the display method that it lacks as well is not the matter.
        error = self.fails("let one = 1;\none + unknown_name")
        self.assertIn("line 2: `one + unknown_name`", error["evalue"])
        self.assertNotIn("evcxr_display", "\n".join(self.fails("let no: u8 = \"\";\nvec![1]")["traceback"]))

    def test_a_failing_question_mark_is_an_error_with_the_users_line_and_variables_survive(self):
        self.ok("let kept = 5;")
        error = self.fails("let a = 1;\nlet text = std::fs::read_to_string(\"/no/such/file\")?;\nlet b = 2;")
        self.assertEqual(error["ename"], "Error")
        self.assertIn("No such file", error["evalue"])
        self.assertIn("line 2: `let text = std::fs::read_to_string(\"/no/such/file\")?;`", error["evalue"])
        self.assertEqual(self.ok("kept").value, "5")

    def test_a_panic_is_an_error_with_the_users_line_and_variables_survive(self):
        self.ok("let before = vec![1, 2, 3];")
        error = self.fails("let two = 2;\npanic!(\"broken {two}\");")
        self.assertEqual(error["ename"], "Panic")
        self.assertIn("broken 2 (line 2: `panic!(\"broken {two}\");`)", error["evalue"])
        self.assertEqual(self.ok("before.len()").value, "3")

    def test_a_panic_inside_a_library_names_the_line_that_led_there(self):
        error = self.fails("let list = vec![1, 2];\nlet n = 0;\nlet count = list.into_iter().step_by(n).count();")
        self.assertIn("line 3", error["evalue"])
        self.assertIn("raised at", "\n".join(error["traceback"]))

    def test_an_error_in_a_function_of_an_earlier_cell_says_so(self):
        self.ok("fn fail() { panic!(\"in here\"); }")
        self.assertIn("in an earlier cell: `fn fail() { panic!(\"in here\"); }`", self.fails("fail();")["evalue"])

    def test_a_caught_panic_of_a_thread_is_no_failure(self):
        outcome = self.ok("let caught = std::thread::spawn(|| { panic!(\"only here\") }).join().is_err(); caught")
        self.assertEqual(outcome.value, "true")
        self.assertIn("only here", outcome.text("stderr"))

    def test_a_panic_of_a_thread_that_ends_the_cell_is_one_error_with_both_reasons(self):
        error = self.fails("std::thread::spawn(|| { panic!(\"the reason\") }).join().unwrap();")
        self.assertIn("the reason", "\n".join(error["traceback"]))
        self.assertIn("line 1", error["evalue"])

    def test_text_comes_as_it_is_written_without_a_line_break(self):
        outcome = self.ok(
            "use std::io::Write; for i in 0..3 { print!(\"\\r{i}0 %\"); std::io::stdout().flush()?; "
            "std::thread::sleep(std::time::Duration::from_millis(800)); } eprint!(\"done\");"
        )
        self.assertEqual((outcome.text(), outcome.text("stderr")), ("\r00 %\r10 %\r20 %", "done"))
        times = [at for at, message in outcome.messages if message["msg_type"] == "stream"]
        self.assertGreaterEqual(len(times), 3, "each piece is a message of its own")
        self.assertGreater(times[-1] - times[0], 0.5)

    def test_outputs_come_while_the_cell_runs_and_are_replaced_by_name(self):
        outcome = self.ok(
            "let mut bar = Progress::Live.start(\"steps\", 0, 3); for step in 1..=3 { bar.report(step, \"\"); "
            "std::thread::sleep(std::time::Duration::from_millis(700)); } drop(bar);"
        )
        shown, updates = outcome.of("display_data"), outcome.of("update_display_data")
        self.assertEqual(len(shown), 1)
        self.assertGreaterEqual(len(updates), 2)
        name = shown[0]["transient"]["display_id"]
        self.assertTrue(all(update["transient"]["display_id"] == name for update in updates))
        self.assertIn("steps 3/3", updates[-1]["data"]["text/html"])
        times = [at for at, message in outcome.messages if message["msg_type"] == "update_display_data"]
        self.assertGreater(times[-1] - times[0], 0.2)

    def test_several_outputs_of_one_cell_come_in_order(self):
        outcome = self.ok("Page::new(\"one\").evcxr_display(); println!(\"between\"); Page::new(\"two\").evcxr_display(); 3")
        kinds = [m["msg_type"] for _, m in outcome.messages if m["msg_type"] in ("display_data", "stream", "execute_result")]
        self.assertEqual(kinds, ["display_data", "stream", "display_data", "execute_result"])
        self.assertEqual(outcome.value, "3")

    def test_charts_grow_in_their_place(self):
        outcome = self.ok(
            "let mut live = LiveChart::new(); for n in 2..5 { let line: Vec<(f64, f64)> = (0..n).map(|x| (x as f64, 1.0)).collect(); "
            "live.show(&Chart::new(\"t\", \"x\", \"y\").line(\"a\", &line))?; std::thread::sleep(std::time::Duration::from_millis(250)); } drop(live);"
        )
        self.assertEqual((len(outcome.of("display_data")), len(outcome.of("update_display_data"))), (1, 2))

    def test_completion_inspection_and_completeness(self):
        self.ok("let letters = String::from(\"abc\");")
        found = self.kernel.ask(self.kernel.client.complete("letters.is_em", 13), "complete_reply")
        self.assertIn("is_empty()", found["matches"])
        self.assertEqual((found["cursor_start"], found["cursor_end"]), (8, 13))
        found = self.kernel.ask(self.kernel.client.inspect("letters.len()", 10), "inspect_reply")
        self.assertTrue(found["found"])
        self.assertIn("len", found["data"]["text/plain"])
        for code, status in [("1 + 1", "complete"), ("fn f() {", "incomplete"), ("let s = \"{\";", "complete"), ("}", "invalid")]:
            answer = self.kernel.ask(self.kernel.client.is_complete(code), "is_complete_reply")
            self.assertEqual(answer["status"], status, code)

    def test_history_comms_and_kernel_info(self):
        self.ok("// remember me\nlet remembered = 1;")
        history = self.kernel.ask(self.kernel.client.history(hist_access_type="tail", n=1), "history_reply")
        self.assertIn("remember me", history["history"][-1][2])
        search = self.kernel.client.history(hist_access_type="search", pattern="*remember me*", n=5)
        self.assertTrue(self.kernel.ask(search, "history_reply")["history"])
        self.assertEqual(self.kernel.ask(self.kernel.client.comm_info(), "comm_info_reply")["comms"], {})
        info = self.kernel.ask(self.kernel.client.kernel_info(), "kernel_info_reply")
        self.assertEqual(info["language_info"]["name"], "rust")

    def test_input_is_asked_for(self):
        request = self.kernel.send("let name = autogo::ask(\"Your name? \"); println!(\"hello {name}\");", allow_stdin=True)
        question = self.kernel.client.get_stdin_msg(timeout=PATIENCE)
        self.assertEqual(question["content"]["prompt"], "Your name? ")
        self.kernel.client.input("Ada")
        self.assertEqual(self.kernel.finish(request).text(), "hello Ada\n")
        # A front end that cannot be asked is answered for with an empty line.
        self.assertEqual(self.ok("autogo::ask(\"?\").len()", allow_stdin=False).value, "0")

    def test_silent_cells_have_no_number_and_show_no_input(self):
        before = self.ok("1").reply["content"]["execution_count"]
        outcome = self.kernel.run("let hidden = 1;", silent=True)
        self.assertEqual(outcome.of("execute_input"), [])
        self.assertEqual(self.ok("2").reply["content"]["execution_count"], before + 1)

    def test_cells_that_are_not_kept_have_no_number_and_are_not_in_the_history(self):
        before = self.ok("1").reply["content"]["execution_count"]
        outcome = self.ok("// passing by\n2", store_history=False)
        self.assertEqual((outcome.value, len(outcome.of("execute_input"))), ("2", 1))
        history = self.kernel.ask(self.kernel.client.history(hist_access_type="tail", n=1), "history_reply")
        self.assertNotIn("passing by", history["history"][-1][2])
        self.assertEqual(self.ok("3").reply["content"]["execution_count"], before + 1)

    def test_expressions_beside_a_cell_are_refused_one_by_one(self):
        answers = self.ok("let beside = 1;", user_expressions={"a": "beside", "b": "2"}).reply["content"]["user_expressions"]
        self.assertEqual({name: answer["status"] for name, answer in answers.items()}, {"a": "error", "b": "error"})
        self.assertIn("accepted: a cell", answers["a"]["evalue"])
        self.assertEqual(self.ok("1").reply["content"]["user_expressions"], {})

    def test_an_unknown_widget_is_closed_at_once(self):
        self.kernel.message("comm_open", {"comm_id": "w1", "target_name": "jupyter.widget", "data": {"state": {}}})
        closed = self.kernel.heard("comm_close")
        self.assertEqual(closed["comm_id"], "w1")
        # Messages to a widget that is not there want no answer, and do no harm.
        self.kernel.message("comm_msg", {"comm_id": "w1", "data": {}})
        self.kernel.message("comm_close", {"comm_id": "w1", "data": {}})
        self.assertEqual(self.ok("5").value, "5")

    def test_messages_as_vs_code_writes_them(self):
        # Fields of its own in the metadata, a cell's id, and requests that this kernel knows nothing of.
        request = {"code": "let code = 6; code", "silent": False, "store_history": True, "user_expressions": {},
                   "allow_stdin": True, "stop_on_error": True}
        metadata = {"cellId": "vscode-notebook-cell:/n.ipynb#W0sZmlsZQ%3D%3D", "trusted": True, "deletedCells": []}
        outcome = self.kernel.finish(self.kernel.message("execute_request", request, metadata))
        self.assertEqual((outcome.status, outcome.value), ("ok", "6"))
        for kind in ("debug_request", "create_subshell_request", "vscode_request"):
            self.kernel.message(kind, {"command": "debugInfo"}, channel="control")
            self.kernel.message(kind, {"command": "debugInfo"})
        inspected = {"code": "code", "cursor_pos": 4, "detail_level": 1}
        self.assertEqual(self.kernel.ask(self.kernel.message("inspect_request", inspected), "inspect_reply")["status"], "ok")
        self.assertEqual(self.ok("7").value, "7")

    def test_the_control_channel_answers_while_a_cell_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            answered = pathlib.Path(folder, "answered")
            request = self.kernel.send(
                f"while !std::path::Path::new({json.dumps(str(answered))}).exists() "
                "{ std::thread::sleep(std::time::Duration::from_millis(5)); } \"over\""
            )
            asked = self.kernel.message("kernel_info_request", {}, channel="control")
            answer = self.kernel.answer_on_control(asked)
            answered.touch()
            self.assertEqual((answer["msg_type"], answer["content"]["status"]), ("kernel_info_reply", "ok"))
            self.assertEqual(self.kernel.finish(request).value, "\"over\"")

    def test_an_interrupt_is_a_message_and_harms_nobody_when_nothing_runs(self):
        self.assertEqual(self.kernel.manager.kernel_spec.interrupt_mode, "message")
        answer = self.kernel.answer_on_control(self.kernel.message("interrupt_request", {}, channel="control"))
        self.assertEqual((answer["msg_type"], answer["content"]["status"]), ("interrupt_reply", "ok"))
        self.assertEqual(self.ok("autogo::interrupt::is_asked()").value, "false")

    def test_cells_behind_a_failed_one_do_not_run(self):
        requests = [self.kernel.send(code) for code in ("panic!(\"stop\");", "println!(\"ran\");", "println!(\"ran\");")]
        outcomes = [self.kernel.finish(request) for request in requests]
        self.assertEqual([outcome.status for outcome in outcomes], ["error", "aborted", "aborted"])
        self.assertEqual(self.ok("7").value, "7")

    def test_evcxrs_own_commands_work(self):
        self.ok("let shown_here: u16 = 3;")
        self.assertIn("shown_here", self.ok(":vars").value)
        self.assertIn(":dep", self.ok(":help").value)
        self.assertIn("autogo", self.ok(":show_deps").value)

    def test_values_of_every_given_package_can_be_kept(self):
        for code, check in [
            ("let frame = autogo::polars::df!(\"a\" => [1, 2])?;", "frame.height()"),
            ("let colour = autogo::plotters::style::RGBColor(1, 2, 3);", "colour.0 + 1"),
            ("let mut net = autogo::petgraph::graph::DiGraph::<u8, ()>::new(); let node = net.add_node(2);", "net.node_count() + 1"),
            ("let mut problem = autogo::good_lp::variables!(); let amount = problem.add(autogo::good_lp::variable().min(2));", "problem.len() + 1"),
            ("use autogo::dfdx::prelude::*; let device = Cpu::default(); let tensor = device.tensor([1.0f32, 1.0]);", "tensor.array().len()"),
            ("let pool = autogo::rayon::ThreadPoolBuilder::new().num_threads(2).build()?;", "pool.current_num_threads()"),
            ("let problem_text = <autogo::serde::de::value::Error as autogo::serde::de::Error>::custom(\"xx\");", "problem_text.to_string().len()"),
        ]:
            self.ok(code)
            self.assertEqual(self.ok(check).value, "2", code)

    def test_a_cell_may_print_a_hundred_megabytes(self):
        outcome = self.ok("let line = \"x\".repeat(999_999); for _ in 0..100 { println!(\"{line}\"); }")
        self.assertEqual(len(outcome.text()), 100_000_000)

    def test_a_broken_pipe_is_an_error_like_others(self):
        error = self.fails(
            "use std::io::Write; let mut process = std::process::Command::new(\"true\").stdin(std::process::Stdio::piped()).spawn()?;\n"
            "process.wait()?;\nfor _ in 0..100 { process.stdin.as_mut().ok_or(std::fmt::Error)?; }\n"
            "let mut broken = std::process::Command::new(\"true\").stdin(std::process::Stdio::piped()).spawn()?; "
            "std::thread::sleep(std::time::Duration::from_millis(200)); broken.stdin.take().ok_or(std::fmt::Error)?.write_all(&vec![0; 1 << 20])?;"
        )
        self.assertTrue("roken pipe" in error["evalue"] or "format" in error["evalue"], error["evalue"])
        self.assertEqual(self.ok("8").value, "8")

    def test_processes_that_a_cell_starts_are_heard(self):
        outcome = self.ok("std::process::Command::new(\"sh\").args([\"-c\", \"echo out; echo err >&2\"]).status()?;")
        self.assertEqual((outcome.text(), outcome.text("stderr")), ("out\n", "err\n"))

    def test_the_first_interrupt_asks_and_loses_nothing(self):
        self.ok("let survivor = 11;")
        request = self.kernel.send(
            "println!(\"looping\"); "
            "while !autogo::interrupt::is_asked() { std::thread::sleep(std::time::Duration::from_millis(5)); } autogo::interrupt::is_asked()"
        )
        wait_for_text(self.kernel, "looping")
        self.kernel.manager.interrupt_kernel()
        outcome = self.kernel.finish(request)
        self.assertEqual((outcome.status, outcome.value), ("ok", "true"))
        self.assertEqual(self.ok("survivor").value, "11")
        self.assertEqual(self.ok("autogo::interrupt::is_asked()").value, "false")

    def test_an_interrupted_search_ends_with_what_it_has(self):
        request = self.kernel.send(
            "let graphs: Vec<Graph> = (0..6).filter_map(|at| Nb201::sample(0, at).build().ok()).collect(); "
            "let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?; println!(\"searching\"); "
            "let run = Evolution { generations: 100_000, ..Evolution::default() }.run(&graphs[0], &mutator, Progress::Silent)?; run.stop"
        )
        wait_for_text(self.kernel, "searching")
        self.kernel.manager.interrupt_kernel()
        self.assertIn("Interrupted", self.kernel.finish(request).value)

    def test_nbclient_stops_at_a_failing_cell(self):
        notebook = nbformat.v4.new_notebook(cells=[
            nbformat.v4.new_code_cell("let x = 1;"),
            nbformat.v4.new_code_cell("\"no number\".parse::<u8>()?;"),
            nbformat.v4.new_code_cell("println!(\"never\");"),
        ])
        with self.assertRaises(CellExecutionError) as caught:
            NotebookClient(notebook, kernel_name=NAME, timeout=PATIENCE, startup_timeout=PATIENCE).execute()
        self.assertIn("invalid digit", str(caught.exception))
        self.assertEqual(notebook.cells[2].outputs, [])


def wait_for_text(kernel, text):
    """Reads output until a cell has said something; what is read is lost to the others."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream" and text in message["content"]["text"]:
            return


class Alone(unittest.TestCase):
    """Tests that end processes or kernels."""

    def setUp(self):
        self.kernel = Kernel()

    def tearDown(self):
        self.kernel.stop()

    def test_the_second_interrupt_ends_the_process_and_says_what_is_lost(self):
        self.kernel.run("let lost_one = 1; let lost_two = 2;")
        request = self.kernel.send("println!(\"stuck\"); loop { std::thread::sleep(std::time::Duration::from_millis(50)); }")
        wait_for_text(self.kernel, "stuck")
        self.kernel.manager.interrupt_kernel()
        time.sleep(0.5)
        self.kernel.manager.interrupt_kernel()
        outcome = self.kernel.finish(request)
        self.assertEqual(outcome.error["ename"], "KeyboardInterrupt")
        self.assertIn("lost with it: lost_one, lost_two", outcome.error["evalue"])
        self.assertEqual(self.kernel.run("1 + 1").value, "2")

    def test_a_process_that_ends_itself_is_an_error_and_the_next_cell_works(self):
        self.kernel.run("let gone = 1;")
        for code in ("std::process::abort();", "std::process::exit(3);"):
            outcome = self.kernel.run(code)
            self.assertEqual(outcome.status, "error", code)
            self.assertEqual(outcome.error["ename"], "ProcessEnded")
        self.assertEqual(self.kernel.run("2 + 2").value, "4")
        self.assertIn("E0425", self.kernel.run("gone").error["ename"])

    def test_a_hundred_cells_in_a_row(self):
        waits = []
        for number in range(100):
            start = time.monotonic()
            outcome = self.kernel.run(f"let v{number} = {number}u64; v{number} + 1")
            waits.append(time.monotonic() - start)
            self.assertEqual(outcome.value, str(number + 1))
        waits = sorted(waits[1:])
        print(f"hundred cells: median {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s", file=sys.stderr)
        self.assertEqual(self.kernel.run("v0 + v99").value, "99")

    def test_two_kernels_at_once_and_a_restart(self):
        other = Kernel()
        try:
            outcomes = {}

            def work(name, kernel):
                outcomes[name] = [kernel.run(f"let who = \"{name}\"; who.len() + {n}").value for n in range(4)]
                outcomes[name].append(kernel.run("who").value)

            threads = [threading.Thread(target=work, args=pair) for pair in (("first", self.kernel), ("second", other))]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            self.assertEqual(outcomes["first"], ["5", "6", "7", "8", "\"first\""])
            self.assertEqual(outcomes["second"], ["6", "7", "8", "9", "\"second\""])
        finally:
            other.stop()
        self.kernel.manager.restart_kernel(now=False)
        self.kernel.client.wait_for_ready(timeout=PATIENCE)
        self.assertIn("E0425", self.kernel.run("who").error["ename"])
        self.assertEqual(self.kernel.run("3").value, "3")

    def test_a_shutdown_for_a_restart_says_so_and_ends_the_kernel(self):
        self.kernel.run("1")
        request = self.kernel.message("shutdown_request", {"restart": True}, channel="control")
        answer = self.kernel.answer_on_control(request)
        self.assertEqual((answer["msg_type"], answer["content"]["restart"]), ("shutdown_reply", True))
        end = time.monotonic() + 30
        while self.kernel.manager.is_alive() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertFalse(self.kernel.manager.is_alive())

    def test_nothing_stays_behind(self):
        self.kernel.run("1")
        self.kernel.manager.shutdown_kernel()
        kernels = pathlib.Path(".evcxr/kernels")
        end = time.monotonic() + 10
        while True:
            alive = [folder for folder in kernels.iterdir() if not pathlib.Path(f"/proc/{folder.name}").exists()]
            if not alive or time.monotonic() > end:
                break
            time.sleep(0.2)
        self.assertEqual(alive, [])
        self.kernel = Kernel()

    def test_a_cell_may_bring_a_crate(self):
        self.assertEqual(self.kernel.run(":dep itoa = \"1\"\nitoa::Buffer::new().format(12).len()").value, "2")

    def test_it_serves_any_crate(self):
        with tempfile.TemporaryDirectory() as folder:
            crate = pathlib.Path(folder) / "my-crate"
            (crate / "src").mkdir(parents=True)
            (crate / "Cargo.toml").write_text("[package]\nname = \"my-crate\"\nversion = \"0.1.0\"\nedition = \"2024\"\n")
            (crate / "src/lib.rs").write_text(
                "use std::sync::atomic::{AtomicUsize, Ordering};\nstatic CALLS: AtomicUsize = AtomicUsize::new(0);\n"
                "pub fn count() -> usize { CALLS.fetch_add(1, Ordering::Relaxed) + 1 }\n"
                "pub fn divide(a: u32, b: u32) -> u32 { a / b }\n"
            )
            program = pathlib.Path(".tools/bin/autogo-jupyter").resolve()
            subprocess.run([program, "--install", "my-crate", "--crate", crate, "--prefix", folder], check=True)
            paths = [f"{folder}/share/jupyter", *os.environ.get("JUPYTER_PATH", "").split(os.pathsep)]
            os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
            other = Kernel("my-crate")
            try:
                self.assertEqual([other.run("my_crate::count()").value for _ in range(3)], ["1", "2", "3"])
                error = other.run("let zero = 0;\nmy_crate::divide(1, zero);").error
                self.assertIn("divide by zero (line 2", error["evalue"])
            finally:
                other.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
