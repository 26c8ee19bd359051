"""Where one enters."""

from django.urls import path

from missions import views

app_name = "missions"

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("demonstration/enter/", views.EnterView.as_view(), name="enter"),
    path("language/", views.LanguageView.as_view(), name="language"),
    path("help/", views.HelpView.as_view(), name="help"),
    path("help/components/", views.ComponentsView.as_view(), name="components"),
    path("help/<slug:role>/", views.GuideView.as_view(), name="guide"),
]
