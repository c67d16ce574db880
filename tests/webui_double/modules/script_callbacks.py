app_started, ui_settings, infotext_pasted = [], [], []


def on_app_started(callback):
    app_started.append(callback)


def on_ui_settings(callback):
    ui_settings.append(callback)


def on_infotext_pasted(callback):
    infotext_pasted.append(callback)


def clear():
    for callbacks in (app_started, ui_settings, infotext_pasted):
        callbacks.clear()
