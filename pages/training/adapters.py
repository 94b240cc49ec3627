"""The workspace's adapters: what each is, what it is worth, and what can be done with it. ``?adapter=<name>`` names one."""

from pages.parts import adapter_list, adapter_upload, adapter_view, visit

here = visit.begin("Adapters", "What was tuned or uploaded here: look at one, score with it, take it with you.")

adapter_upload.say_done()
shelf = adapter_list.read(here)
if shelf:
    adapter_view.show(here, adapter_list.pick(here, shelf))
else:
    adapter_list.none_yet()
adapter_upload.show(here, first=not shelf)
