"""As much of Stable Diffusion WebUI's `modules` as the extension uses, with the behaviour that ../shared/docs describes."""
