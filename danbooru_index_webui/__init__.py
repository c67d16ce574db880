"""The extension for Stable Diffusion WebUI: a client of `danbooru-index serve`, standard library only.

The WebUI's packages rule ours out, so the engine runs in an environment of its own (environment.py) as a process of its own
(process.py). backend.py is the one object that asks it; routes.py lets the page ask; script.py is the WebUI's script. This
package outlives "Reload UI", the file in scripts/ does not.
"""
